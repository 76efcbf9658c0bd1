namespace OrleansTasks.Worker.Processes.Users;

/// <summary>Tasks cannot run as the user that was asked for; the message is for people.</summary>
public sealed class RunAsException : Exception
{
    /// <summary>Makes one without a message of its own.</summary>
    public RunAsException() : this("Tasks cannot run as that user.") { }

    /// <summary>Makes one.</summary>
    public RunAsException(string message) : base(message) { }

    /// <summary>Makes one that keeps its cause.</summary>
    public RunAsException(string message, Exception? cause) : base(message, cause) { }
}
