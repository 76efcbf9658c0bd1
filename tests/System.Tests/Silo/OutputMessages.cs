using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>Output as a test sends it.</summary>
internal static class OutputMessages
{
    /// <summary>One message on a stream of its own.</summary>
    public static async Task<OutputAnswer> Write(this INodeService master, OutputChunks chunks) =>
        Assert.Single(await master.WriteAll(chunks));

    /// <summary>All messages on one stream, none of which waits for an answer; the answers.</summary>
    public static async Task<IReadOnlyList<OutputAnswer>> WriteAll(this INodeService master, params OutputChunks[] messages)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var answers = new List<OutputAnswer>();
        await foreach (var answer in master.WriteOutput(messages.ToAsyncEnumerable(), cancellation))
            answers.Add(answer);
        return answers;
    }
}
