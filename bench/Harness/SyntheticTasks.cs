using OrleansTasks.Tasks;

namespace OrleansTasks.Bench.Harness;

/// <summary>Tasks that ask for nothing special.</summary>
public static class SyntheticTasks
{
    private static readonly byte[] Spec = """{"argv":["/bin/true"]}"""u8.ToArray();

    /// <summary>A new task.</summary>
    public static TaskSubmission New(TaskIdSource ids) =>
        new(ids.Next(), "true", 5, 0, 0, RetryPolicy.Default, [], [], Limits.None, Spec, default);
}
