namespace OrleansTasks.Settings;

/// <summary>The program cannot start or continue, for a reason that its user can remove. The message says all there is to know.</summary>
public sealed class StartRefusedException : Exception
{
    /// <summary>Exit code when an option has a value that it does not take.</summary>
    public const int BadOption = 2;

    /// <summary>Exit code when the options are fine, but the machine's state forbids the start.</summary>
    public const int Forbidden = 1;

    /// <summary>Makes one without a message of its own.</summary>
    public StartRefusedException() : this("The program cannot start.") { }

    /// <summary>Makes one with exit code 1.</summary>
    public StartRefusedException(string message) : this(message, Forbidden) { }

    /// <summary>Makes one with exit code 1 that keeps its cause.</summary>
    public StartRefusedException(string message, Exception? cause) : base(message, cause) => ExitCode = Forbidden;

    /// <summary>Makes one with the process's exit code.</summary>
    public StartRefusedException(string message, int exitCode) : base(message) => ExitCode = exitCode;

    /// <summary>What the process ends with.</summary>
    public int ExitCode { get; }
}
