namespace OrleansTasks.Settings;

/// <summary>
/// Thrown if the program cannot start or continue for a reason that the operator can fix. The message says everything
/// that is needed.
/// </summary>
public sealed class StartRefusedException : Exception
{
    /// <summary>The exit code if an option is invalid.</summary>
    public const int BadOption = 2;

    /// <summary>The exit code if the options are valid but the machine's state prevents the start.</summary>
    public const int Forbidden = 1;

    /// <summary>Creates an exception with a general message.</summary>
    public StartRefusedException() : this("The program cannot start.") { }

    /// <summary>Creates an exception with exit code 1.</summary>
    public StartRefusedException(string message) : this(message, Forbidden) { }

    /// <summary>Creates an exception with exit code 1 and its cause.</summary>
    public StartRefusedException(string message, Exception? cause) : base(message, cause) => ExitCode = Forbidden;

    /// <summary>Creates an exception with the given exit code.</summary>
    public StartRefusedException(string message, int exitCode) : base(message) => ExitCode = exitCode;

    /// <summary>The exit code of the process.</summary>
    public int ExitCode { get; }
}
