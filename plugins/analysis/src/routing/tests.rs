mod ingresses;
mod policies;
mod services;
