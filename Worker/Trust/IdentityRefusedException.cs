namespace OrleansTasks.Worker.Trust;

/// <summary>The service does not take this worker for who it says it is; the message says why, and what to do.</summary>
public sealed class IdentityRefusedException : Exception
{
    /// <summary>Makes one without a message of its own.</summary>
    public IdentityRefusedException() : this("The service does not take this worker for who it says it is.") { }

    /// <summary>Makes one.</summary>
    public IdentityRefusedException(string message) : base(message) { }

    /// <summary>Makes one that keeps its cause.</summary>
    public IdentityRefusedException(string message, Exception? cause) : base(message, cause) { }
}
