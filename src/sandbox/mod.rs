//! 8. The sandbox: a simulated HubSpot portal, its pages, and the tour.
