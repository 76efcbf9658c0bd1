using OrleansTasks.Contract;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>The names and properties of job states in the HTTP contract.</summary>
public static class JobStates
{
    private static readonly string[] Names = EnumNames.Of<JobState>();

    /// <summary>All names, in enum order.</summary>
    public static string AllNames { get; } = string.Join(", ", Names);

    /// <summary>Returns whether the job has ended.</summary>
    public static bool IsFinal(this JobState state) => state != JobState.Running;

    /// <summary>Returns the name, in lower case.</summary>
    public static string Name(this JobState state) => Names[(int)state];

    /// <summary>Parses a state's lower-case name.</summary>
    public static bool TryParse(string name, out JobState state)
    {
        var index = Array.IndexOf(Names, name);
        state = (JobState)Math.Max(index, 0);
        return index >= 0;
    }

    /// <summary>Returns the task state that an event of the job shows.</summary>
    public static TaskState ToEvent(this JobState state) => state switch
    {
        JobState.Running => TaskState.Running,
        JobState.Succeeded => TaskState.Succeeded,
        JobState.Failed => TaskState.Failed,
        _ => TaskState.Cancelled,
    };
}
