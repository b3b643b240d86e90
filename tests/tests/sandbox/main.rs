//! The sandbox against guests that misbehave, against broken files, and under load.

mod attack;
mod life;
mod loading;
mod reading;
mod workshop;
