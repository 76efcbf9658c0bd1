namespace OrleansTasks.Cli;

/// <summary>What the program ends with. With <c>--wait</c> it ends as the task did, see <see cref="Tasks.TaskEnd"/>.</summary>
internal static class ExitCodes
{
    /// <summary>It was done.</summary>
    public const int Done = 0;

    /// <summary>The gateway, or the store, refused.</summary>
    public const int Refused = 1;

    /// <summary>The command line is not understood.</summary>
    public const int BadUsage = 2;

    /// <summary>Nobody answers at the gateway's address, or the answer broke off.</summary>
    public const int OutOfReach = 3;

    /// <summary>The job that was waited for failed.</summary>
    public const int JobFailed = 4;

    /// <summary>A task that was waited for failed, or ended otherwise than asked for.</summary>
    public const int TaskFailed = 4;

    /// <summary>The job that was waited for was cancelled.</summary>
    public const int JobCancelled = 5;

    /// <summary>A task that was waited for was cancelled.</summary>
    public const int TaskCancelled = 5;

    /// <summary>What would change many tasks was not confirmed; nothing was changed.</summary>
    public const int NotConfirmed = 6;

    /// <summary><c>otask wait</c> gave up.</summary>
    public const int WaitTimedOut = 7;

    /// <summary><c>otask doctor</c> found problems.</summary>
    public const int ProblemsFound = 8;

    /// <summary>With <c>--wait</c>: the task ran out of time.</summary>
    public const int TimedOut = 124;

    /// <summary>With <c>--wait</c>: the task ended without an exit code of its own.</summary>
    public const int NoExitCode = 125;

    /// <summary>With <c>--wait</c>: its number is added to this when a signal ended the task.</summary>
    public const int Signal = 128;
}
