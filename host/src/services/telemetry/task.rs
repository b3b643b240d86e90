//! Names of the tasks of a host, as labels.

/// A task of the host: a label, and a word in what is said of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Task {
    /// Requests over HTTP.
    Http,
    /// Commands over the Unix socket.
    Control,
    /// Follows the cluster.
    Relay,
    /// Takes its changes, and sweeps.
    Patrol,
    /// Drives the incidents.
    Driver,
    /// Loads plugins that changed on disk.
    Reload,
    /// Pulls plugins that were not available at the start.
    Artifacts,
    /// Writes down what became of them.
    ReloadEvents,
    /// Tries versions that went live at once.
    Trial,
    /// Stores calls of plugins, and what they took.
    Record,
    /// Calls versions that judge beside the live ones.
    Shadow,
    /// Derives what each sink is told.
    Follow,
    /// Sends what is in the outbox.
    Outbox,
    /// Works on what people did in Slack.
    SlackInbox,
    /// Stays connected to Slack.
    SlackSocket,
    /// Deletes what is older than is kept.
    Retain,
}

impl Task {
    /// Every task.
    pub const ALL: [Task; 16] = [
        Task::Http,
        Task::Control,
        Task::Relay,
        Task::Patrol,
        Task::Driver,
        Task::Reload,
        Task::Artifacts,
        Task::ReloadEvents,
        Task::Trial,
        Task::Record,
        Task::Shadow,
        Task::Follow,
        Task::Outbox,
        Task::SlackInbox,
        Task::SlackSocket,
        Task::Retain,
    ];

    /// Its label.
    pub fn as_str(self) -> &'static str {
        match self {
            Task::Http => "http",
            Task::Control => "control",
            Task::Relay => "relay",
            Task::Patrol => "patrol",
            Task::Driver => "driver",
            Task::Reload => "reload",
            Task::Artifacts => "artifacts",
            Task::ReloadEvents => "reload-events",
            Task::Trial => "trial",
            Task::Record => "record",
            Task::Shadow => "shadow",
            Task::Follow => "follow",
            Task::Outbox => "outbox",
            Task::SlackInbox => "slack-inbox",
            Task::SlackSocket => "slack-socket",
            Task::Retain => "retain",
        }
    }
}
