namespace OrleansTasks.Worker.Hosting;

/// <summary>The worker cannot start or continue for a reason that its operator can fix. The message is complete and readable.</summary>
public sealed class WorkerRefusedException : Exception
{
    /// <summary>The exit code for an invalid option.</summary>
    public const int BadOption = 2;

    /// <summary>The exit code if the options are valid, but the present state does not allow the start.</summary>
    public const int Forbidden = 1;

    /// <summary>Creates the exception with a default message.</summary>
    public WorkerRefusedException() : this("The worker cannot start.", Forbidden) { }

    /// <summary>Creates the exception with exit code 1.</summary>
    public WorkerRefusedException(string message) : this(message, Forbidden) { }

    /// <summary>Creates the exception with exit code 1 and a cause.</summary>
    public WorkerRefusedException(string message, Exception? cause) : base(message, cause) => ExitCode = Forbidden;

    /// <summary>Creates the exception with a given exit code.</summary>
    public WorkerRefusedException(string message, int exitCode) : base(message) => ExitCode = exitCode;

    /// <summary>The exit code of the process.</summary>
    public int ExitCode { get; }
}
