using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansTasks.Storage.Tests.Conformance;

/// <summary>Reads the same of two stores, all of it, and compares the answers as text.</summary>
internal static class StoreComparison
{
    private static readonly JsonSerializerOptions Json = new()
    {
        Converters = { new BytesConverter(), new JsonStringEnumConverter() },
    };

    /// <summary>
    /// Compares all of it; the attempts and outputs, a call each, of every <paramref name="stride"/>th task alone.
    /// </summary>
    internal static async Task AssertEqual(
        ITaskStore one, ITaskStore other, IReadOnlyList<TaskId> ids, string context, int stride = 1)
    {
        ImmutableArray<TaskId> all = [.. ids.Distinct().Order()];
        await Compare("queues", s => s.ListQueues());
        await Compare("positions", s => s.EventPositions());
        await Compare("list", s => s.List(TaskFilter.All, null, int.MaxValue));
        await Compare("match", s => s.Match(TaskFilter.All, null, int.MaxValue));
        foreach (var sort in Enum.GetValues<TaskSort>())
            await Compare($"list by {sort}", s => s.ListBy(new TaskListQuery(TaskFilter.All, sort, 5000, null, 1000, AsRows: true)));
        await Compare("histogram", s => s.Histogram(new TaskHistogramQuery(TaskFilter.All, 9, long.MaxValue / 2)));
        await Compare("failures", s => s.Failures(new FailureQuery(null, null, null, null, 0, 100)));
        await Compare("failures of a queue", s => s.Failures(new FailureQuery("b", "name1", 1, 4, 0, 2)));
        await Compare("summary", s => s.Summarize(TaskFilter.All));
        await Compare("specs", async s => (await s.ReadSpecs(all)).OrderBy(x => x.Id));
        await Compare("keys", async s => (await s.FindIdempotent(
            [.. Enumerable.Range(0, 40).Select(k => (ReadOnlyMemory<byte>)new byte[] { (byte)k })], 0)).OrderBy(e => e.Key.Span[0]));
        foreach (var position in await one.EventPositions())
            await Compare("events", s => s.ReadEvents(position.Queue, 0, 1000));
        for (var no = 1; no <= 3; no++)
        {
            var queue = no;
            await Compare("found", async s => (await s.Find(queue, all)).OrderBy(t => t.Row.No));
            await Compare("leased", async s => (await s.LoadLeased(queue, default)).OrderBy(t => t.Row.No));
            await Compare("waiting", s => s.LoadWaiting(queue, 10, 0, 10_000, default));
        }

        for (var i = 0; i < all.Length; i += stride)
        {
            var id = all[i];
            await Compare("attempts", s => s.Attempts(id));
            await Compare("result", s => s.ReadResult(id));
            for (var attempt = 0; attempt < 4; attempt++)
            {
                var number = attempt;
                await Compare("output", s => s.FindOutput(id, number));
            }
        }

        async Task Compare<T>(string what, Func<ITaskStore, Task<T>> read)
        {
            var (a, b) = (Text(await read(one)), Text(await read(other)));
            Assert.True(a == b, $"{context}: {what} differ.\n{a}\n{b}");
        }
    }

    private static string Text<T>(T value) => JsonSerializer.Serialize(value, Json);

    private sealed class BytesConverter : JsonConverter<ReadOnlyMemory<byte>>
    {
        public override ReadOnlyMemory<byte> Read(
            ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, ReadOnlyMemory<byte> value, JsonSerializerOptions options) =>
            writer.WriteStringValue(Convert.ToHexString(value.Span));
    }
}
