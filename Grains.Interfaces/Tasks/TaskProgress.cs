namespace OrleansTasks.Tasks;

/// <summary>How far an attempt has come, as its command reported it last.</summary>
/// <param name="Hundredths">The progress in hundredths of a percent: 0 to 10,000.</param>
/// <param name="Message">What the command is doing; empty for nothing.</param>
/// <param name="At">When a silo received the report, in Unix milliseconds.</param>
[GenerateSerializer, Immutable, Alias("ot.TaskProgress")]
public sealed record TaskProgress(
    [property: Id(0)] int Hundredths, [property: Id(1)] string Message, [property: Id(2)] long At)
{
    /// <summary>The progress of an attempt that is complete, in hundredths of a percent.</summary>
    public const int Complete = 10_000;

    /// <summary>
    /// Returns when the attempt will end if it goes on at its pace, in Unix milliseconds. Returns null without a pace:
    /// before the first progress, and if it is complete.
    /// </summary>
    /// <param name="startedAt">When the attempt started; null if unknown.</param>
    public long? EndsAt(long? startedAt)
    {
        if (startedAt is not { } start || At <= start || Hundredths is <= 0 or >= Complete)
            return null;
        return At + (long)((double)(At - start) * (Complete - Hundredths) / Hundredths);
    }
}

/// <summary>The progress of a task that a node holds.</summary>
/// <param name="Task">The task's id.</param>
/// <param name="StartedAt">When its attempt started, in Unix milliseconds; null if unknown.</param>
/// <param name="Progress">The progress.</param>
[GenerateSerializer, Immutable, Alias("ot.RunningProgress")]
public sealed record RunningProgress(
    [property: Id(0)] TaskId Task, [property: Id(1)] long? StartedAt, [property: Id(2)] TaskProgress Progress);
