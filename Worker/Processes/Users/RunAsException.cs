namespace OrleansTasks.Worker.Processes.Users;

/// <summary>Tasks cannot run as the requested user; the message is human-readable.</summary>
public sealed class RunAsException : Exception
{
    /// <summary>Creates the exception with a default message.</summary>
    public RunAsException() : this("Tasks cannot run as that user.") { }

    /// <summary>Creates the exception with a message.</summary>
    public RunAsException(string message) : base(message) { }

    /// <summary>Creates the exception with a message and its cause.</summary>
    public RunAsException(string message, Exception? cause) : base(message, cause) { }
}
