namespace OrleansTasks.Cli;

/// <summary>
/// The program's exit codes. With <c>--wait</c>, the exit code is the task's; see <see cref="Tasks.TaskExit"/>.
/// </summary>
internal static class ExitCodes
{
    /// <summary>The command succeeded.</summary>
    public const int Done = 0;

    /// <summary>The gateway or the store refused.</summary>
    public const int Refused = 1;

    /// <summary><c>otask diff</c> found a difference.</summary>
    public const int Differs = 1;

    /// <summary>The command line is invalid.</summary>
    public const int BadUsage = 2;

    /// <summary>The gateway cannot be reached, or its answer broke off.</summary>
    public const int OutOfReach = 3;

    /// <summary>The awaited job, workflow or rollout failed, or the rollout is halted.</summary>
    public const int JobFailed = 4;

    /// <summary>An awaited task failed, or ended in another state than the wanted one.</summary>
    public const int TaskFailed = 4;

    /// <summary>The awaited job, workflow or rollout was cancelled.</summary>
    public const int JobCancelled = 5;

    /// <summary>An awaited task was cancelled.</summary>
    public const int TaskCancelled = 5;

    /// <summary>A change of many tasks was not confirmed, and nothing was changed.</summary>
    public const int NotConfirmed = 6;

    /// <summary><c>otask wait</c> timed out.</summary>
    public const int WaitTimedOut = 7;

    /// <summary><c>otask doctor</c> found problems.</summary>
    public const int ProblemsFound = 8;

    /// <summary>otask itself failed. EX_SOFTWARE of sysexits.h.</summary>
    public const int Defect = 70;

    /// <summary>
    /// Standard output cannot be written: it is closed, or its disk is full. Or a file that the gateway sends cannot be
    /// written. Or a command that works on the store cannot read or write a file. EX_IOERR of sysexits.h.
    /// </summary>
    public const int OutputLost = 74;

    /// <summary>Nobody reads the output any more. A shell shows this for a program that SIGPIPE has ended.</summary>
    public const int ReaderGone = Signal + 13;

    /// <summary>With <c>--wait</c>: the task ran out of time.</summary>
    public const int TimedOut = 124;

    /// <summary>With <c>--wait</c>: the task ended without an exit code of its own.</summary>
    public const int NoExitCode = 125;

    /// <summary>With <c>--wait</c>: a signal ended the task; its number is added to this.</summary>
    public const int Signal = 128;
}
