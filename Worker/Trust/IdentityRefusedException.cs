namespace OrleansTasks.Worker.Trust;

/// <summary>The service does not accept this worker's identity. The message says why, and what to do.</summary>
public sealed class IdentityRefusedException : Exception
{
    /// <summary>Creates the exception with a default message.</summary>
    public IdentityRefusedException() : this("The service refused this worker's identity.") { }

    /// <summary>Creates the exception with a message.</summary>
    public IdentityRefusedException(string message) : base(message) { }

    /// <summary>Creates the exception with a message and its cause.</summary>
    public IdentityRefusedException(string message, Exception? cause) : base(message, cause) { }
}
