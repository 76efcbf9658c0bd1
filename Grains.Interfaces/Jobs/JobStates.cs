using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>Facts about job states and their names in the HTTP contract.</summary>
public static class JobStates
{
    private static readonly string[] Names = ["running", "succeeded", "failed", "cancelled"];

    /// <summary>Every name, in the order of the states.</summary>
    public static string AllNames { get; } = string.Join(", ", Names);

    /// <summary>Whether the job has ended.</summary>
    public static bool IsFinal(this JobState state) => state != JobState.Running;

    /// <summary>The lower-case name that the HTTP contract uses.</summary>
    public static string Name(this JobState state) => Names[(int)state];

    /// <summary>Finds the state of a name; names are lower case.</summary>
    public static bool TryParse(string name, out JobState state)
    {
        var index = Array.IndexOf(Names, name);
        state = (JobState)Math.Max(index, 0);
        return index >= 0;
    }

    /// <summary>The state as an event carries it.</summary>
    public static TaskState ToEvent(this JobState state) => state switch
    {
        JobState.Running => TaskState.Running,
        JobState.Succeeded => TaskState.Succeeded,
        JobState.Failed => TaskState.Failed,
        _ => TaskState.Cancelled,
    };
}
