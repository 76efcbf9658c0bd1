using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Gateways;

/// <summary>The answer to a submission as it is stored with its key: the ids of its tasks.</summary>
internal static class Submissions
{
    /// <summary>The answer that accepts these tasks.</summary>
    public static byte[] AnswerOf(ImmutableArray<TaskSubmission> tasks)
    {
        var answer = new byte[tasks.Length * TaskId.Size];
        for (var i = 0; i < tasks.Length; i++)
            tasks[i].Id.Write(answer.AsSpan(i * TaskId.Size));
        return answer;
    }

    /// <summary>The ids in an answer.</summary>
    public static ImmutableArray<TaskId> IdsIn(ReadOnlyMemory<byte> answer) =>
        [.. Enumerable.Range(0, answer.Length / TaskId.Size).Select(i => TaskId.Read(answer.Span.Slice(i * TaskId.Size, TaskId.Size)))];
}
