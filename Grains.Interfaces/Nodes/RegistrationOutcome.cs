namespace OrleansTasks.Nodes;

/// <summary>Whether a worker got a session.</summary>
public enum RegistrationOutcome : byte
{
    /// <summary>It did.</summary>
    Accepted,

    /// <summary>Another instance has the name.</summary>
    NameTaken,
}
