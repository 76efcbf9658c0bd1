using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTasks.Feed;
using OrleansTasks.Jobs;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

public sealed class OutboxTests
{
    private static readonly TaskIdSource Ids = new(TimeProvider.System, new Random(1));

    [Fact]
    public void Send_Transitions_AreCountedByStateWithoutThoseOfJobs()
    {
        var counted = new Dictionary<string, long>(StringComparer.Ordinal);
        using var instruments = new DispatchInstruments();
        using var listener = new MeterListener();
        // Another test's instruments have the same names: only those of this thread's call of Send are measured in it.
        var thread = Environment.CurrentManagedThreadId;
        listener.InstrumentPublished = static (instrument, self) =>
        {
            if (instrument.Name == "orleanstasks.task.transitions")
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            if (Environment.CurrentManagedThreadId == thread)
                counted[(string)tags[0].Value!] = counted.GetValueOrDefault((string)tags[0].Value!) + value;
        });
        listener.Start();

        var draft = new CommitDraft();
        foreach (var state in (TaskState[])[TaskState.Queued, TaskState.Queued, TaskState.Assigned, TaskState.Queued, TaskState.Cancelled])
            draft.Events.Add(new FeedEntry(Ids.Next(), state, 0));
        draft.Events.Add(FeedEntry.OfJob(Ids.Next(), JobState.Succeeded));
        var outbox = new Outbox(
            "q", null!, null!, new FeedSubscribers(), instruments, NullLogger.Instance);
        outbox.Send(draft, 1, 0);

        Assert.Equal(["assigned 1", "cancelled 1", "queued 3"], counted.Select(static pair => $"{pair.Key} {pair.Value}").Order());
    }
}
