using System.Globalization;
using System.Runtime.CompilerServices;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>What many waiting tasks cost. Runs alone: the heap is everybody's.</summary>
[CollectionDefinition("alone", DisableParallelization = true), Collection("alone")]
public sealed class MemoryTests(ITestOutputHelper output)
{
    private const int Tasks = 200_000;

    [Fact]
    public void Queued_TwoHundredThousandSubmitted_CostAtMost256BytesEach() => AssertCost(static core =>
    {
        for (var i = 0; i < Tasks; i += 1_000)
        {
            var request = new SubmitRequest([.. Enumerable.Range(i, 1_000).Select(Submission)], null, null);
            core.Accept(request, null, 1, new CommitDraft());
        }
    });

    [Fact]
    public void Queued_TwoHundredThousandLoaded_CostAtMost256BytesEach() => AssertCost(static core =>
    {
        for (var i = 0; i < Tasks; i++)
            core.Load(Stored(i), 1);
    });

    [Fact]
    public void Load_OneTaskOfAFarDay_TakesLittle()
    {
        // There may be thousands of such queues. The first core also creates what all share.
        Allocated();

        var bytes = Allocated();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes for a queue with one task of a far day."));
        Assert.InRange(bytes, 1, 16 * 1024);

        static long Allocated()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var core = NewCore();
            core.Load(Stored(0) with { Row = Stored(0).Row with { State = TaskState.Scheduled, DueAt = long.MaxValue / 2 } }, 1);
            core.Tick(2, new CommitDraft());
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Fact]
    public void Load_AMillion_IsAMatterOfSeconds()
    {
        var core = NewCore();
        // Of the processor: what else the machine does is no matter here.
        var started = Environment.CpuUsage.TotalTime;
        for (var i = 0; i < 1_000_000; i++)
            core.Load(Stored(i), 1);
        var took = Environment.CpuUsage.TotalTime - started;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"1,000,000 open tasks loaded in {took.TotalMilliseconds:0} ms."));
        Assert.Equal(1_000_000, core.Status.Queued);
        Assert.True(took < TimeSpan.FromSeconds(20), $"It took {took}.");
    }

    private void AssertCost(Action<DispatchCore> fill)
    {
        // What other tests left behind, such as pooled buffers, may be freed at any time. The measure counts when the heap
        // was as large before the core as it is after it.
        for (var measure = 0; measure < 20; measure++)
        {
            var before = GC.GetTotalMemory(forceFullCollection: true);
            var with = HeapWithCore(fill);
            if (Math.Abs(GC.GetTotalMemory(forceFullCollection: true) - before) > Tasks)
                continue;
            var each = (with - before) / (double)Tasks;
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{each:0} bytes for each of {Tasks} queued tasks."));
            Assert.InRange(each, 1, 256);
            return;
        }

        Assert.Fail("The heap never stood still.");
    }

    // In a frame of its own, so that the core can be collected when it returns.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long HeapWithCore(Action<DispatchCore> fill)
    {
        var core = NewCore();
        fill(core);
        var heap = GC.GetTotalMemory(forceFullCollection: true);
        Assert.Equal(Tasks, core.Status.Queued);
        return heap;
    }

    private static DispatchCore NewCore() => new(CoreRig.Key, 1, 0, new DispatchOptions(), new SeededRandomness(1));

    /// <summary>With a policy of its own, as every message that crosses a process boundary has.</summary>
    private static TaskSubmission Submission(int i) =>
        new(new TaskId((ulong)i << 16, (ulong)i), "name", (byte)(i % 10), 0, 0, new RetryPolicy(3, 1_000, 5_000, true), [], [],
            Limits.None, new byte[64], default);

    private static OpenTask Stored(int i) =>
        new(
            new TaskRow { No = i + 1, Id = new TaskId((ulong)i << 16, (ulong)i), State = TaskState.Queued, Order = i + 1, QueuedAt = 1 },
            (byte)(i % 10), 0, RetryPolicy.Default, [], Limits.None, false);
}
