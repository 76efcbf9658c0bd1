namespace OrleansTasks.Nodes;

/// <summary>Whether a worker got a session.</summary>
public enum RegistrationOutcome : byte
{
    /// <summary>The worker got a session.</summary>
    Accepted,

    /// <summary>Another instance uses the name.</summary>
    NameTaken,
}
