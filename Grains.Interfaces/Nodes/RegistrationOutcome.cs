namespace OrleansTasks.Nodes;

/// <summary>Whether a worker got a session.</summary>
public enum RegistrationOutcome : byte
{
    /// <summary>It has one.</summary>
    Accepted,

    /// <summary>Another instance of the same name holds the name.</summary>
    NameTaken,
}
