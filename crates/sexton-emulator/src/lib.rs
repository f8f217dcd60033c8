//! HTTP servers that speak the providers' wire protocols.
