namespace OrleansTasks.Worker.Hosting;

/// <summary>The worker cannot start, or go on, for a reason that people can do something about; its message is all they need.</summary>
public sealed class WorkerRefusedException : Exception
{
    /// <summary>Exit code when an option has a value that it does not take.</summary>
    public const int BadOption = 2;

    /// <summary>Exit code when the options are fine, but the state of things forbids it.</summary>
    public const int Forbidden = 1;

    /// <summary>Makes one without a message of its own.</summary>
    public WorkerRefusedException() : this("The worker cannot start.", Forbidden) { }

    /// <summary>Makes one with exit code 1.</summary>
    public WorkerRefusedException(string message) : this(message, Forbidden) { }

    /// <summary>Makes one with exit code 1 that keeps its cause.</summary>
    public WorkerRefusedException(string message, Exception? cause) : base(message, cause) => ExitCode = Forbidden;

    /// <summary>Makes one with the process's exit code.</summary>
    public WorkerRefusedException(string message, int exitCode) : base(message) => ExitCode = exitCode;

    /// <summary>What the process ends with.</summary>
    public int ExitCode { get; }
}
