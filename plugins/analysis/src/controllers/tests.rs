mod created;
mod jobs;
mod rollouts;
mod schedules;
mod sets;
