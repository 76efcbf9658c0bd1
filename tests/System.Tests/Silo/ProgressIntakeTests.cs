using System.Collections.Immutable;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTasks.Silo.Nodes;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Tests;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>What a silo stores of the progress that workers report.</summary>
public sealed class ProgressIntakeTests
{
    private readonly ManualTime time = new();
    private readonly Store store = new();
    private readonly ProgressIntake intake;

    public ProgressIntakeTests() => intake = new(store, time, NullLogger<ProgressIntake>.Instance);

    [Fact]
    public void Reports_OfManyTasks_AreStoredOnceASecond_TheLatestOfEach()
    {
        Take(Reported(1, 100), Reported(2, 200));
        Take(Reported(1, 300));
        Take(Reported(1, 400), Reported(3, 1));
        Assert.Equal(["1:100 2:200"], store.Written);

        time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.Single(store.Written);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(["1:100 2:200", "1:400 3:1"], store.Written);

        time.Advance(TimeSpan.FromSeconds(10));
        Take(Reported(2, 500));
        Assert.Equal("2:500", store.Written[2]);
    }

    [Fact]
    public void Write_ThatFails_IsDropped_AndTheNextIsStored()
    {
        store.Failure = new StoreUnavailableException("the store is away");
        Take(Reported(1, 100));
        store.Failure = null;
        Take(Reported(1, 200));
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(["1:200"], store.Written);
    }

    [Fact]
    public void Reports_OfMoreTasksThanMayWait_AreBounded()
    {
        var most = Enumerable.Range(1, ProgressIntake.MostWaiting + 500).Select(static number => Reported(number, 1));
        Take(Reported(0, 1));
        foreach (var part in most.Chunk(1_000))
            Take(part);
        for (var seconds = 0; seconds < 20; seconds++)
            time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(ProgressIntake.MostWaiting + 1, store.Written.Sum(static rows => rows.Split(' ').Length));
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(10_001, 1)]
    [InlineData(5, 1_001)]
    public void Report_BeyondItsBounds_IsRefused(int hundredths, int count)
    {
        var reported = new RepeatedField<AttemptProgress> { Enumerable.Repeat(Reported(1, hundredths), count) };
        Assert.Throws<ArgumentException>(() => intake.Read(reported));
    }

    [Fact]
    public void Message_WithWhatCannotBeStored_IsMadeStorable_AndCut()
    {
        var reported = Reported(1, 5);
        reported.Message = $"a\0{new string('x', 500)}";

        var row = Assert.Single(intake.Read([reported]));

        Assert.Equal($"a\uFFFD{new string('x', ServiceLimits.ProgressMessage - 2)}", row.Progress.Message);
    }

    private void Take(params AttemptProgress[] reported) => intake.Take(intake.Read([.. reported]));

    private static AttemptProgress Reported(int task, int hundredths) => new()
    {
        Lease = new Lease
        {
            TaskId = new TaskId(1UL << 60 | 0x7000, 1UL << 63 | (uint)task).ToString(),
            Queue = "default",
            Attempt = 1,
            Token = ByteString.CopyFrom(new byte[LeaseToken.Size]),
        },
        Hundredths = hundredths,
    };

    private sealed class Store : IProgressStore
    {
        public List<string> Written { get; } = [];

        public Exception? Failure { get; set; }

        public Task Write(IReadOnlyList<ProgressRow> rows)
        {
            if (Failure is not null)
                return Task.FromException(Failure);
            var values = rows.Select(static row => $"{row.Task.Low & 0xFFFFFF}:{row.Progress.Hundredths}");
            Written.Add(string.Join(' ', values.Order(StringComparer.Ordinal)));
            return Task.CompletedTask;
        }

        public Task<ImmutableArray<RunningProgress>> Latest(int limit) => throw new NotSupportedException();
    }
}
