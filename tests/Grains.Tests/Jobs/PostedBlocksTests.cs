using System.Text;
using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Jobs;

/// <summary>What a job takes of uploads, also after its grain has begun anew from the store.</summary>
public sealed class PostedBlocksTests
{
    private const long Now = 1_000_000;
    private static readonly TaskId Id = new(1, 1);
    private static readonly TaskId Upload = new((ulong)(Now + 5) << 16, 5);
    private static readonly TaskId Later = new((ulong)(Now + 120_000) << 16, 5);
    private readonly PostedBlocks posted = new(static () => false);
    private readonly List<ChunkPlan> stored = [];
    private JobCore job = New();
    private JobRow row = new(
        1, Id, "q", "n", [], JobState.Running, 0, 0, 0, false, null,
        """{"source":{"stream":{}},"process":{"builtin":"identity"},"chunkSize":3}"""u8.ToArray(), default);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Take_RepeatAfterARestart_TakesOnlyWhatTheJobLacks(bool isSaved)
    {
        Assert.Equal(new AppendReply(AppendOutcome.Taken, 10), Post(0, 10));
        Assert.Equal(new AppendReply(AppendOutcome.Taken, 5), Post(10, 5));
        if (isSaved)
            SaveAndFoldAll();
        Restart();

        Assert.Equal(new AppendReply(AppendOutcome.Taken, 15), Post(0, 10, isRepeat: true));
        Assert.Equal(new AppendReply(AppendOutcome.Taken, 5), Post(10, 7, isRepeat: true));
        Assert.Equal(15, job.ItemsRead);
        Assert.Equal(new AppendReply(AppendOutcome.Taken, 2), Post(15, 2));
        Assert.Equal(17, job.ItemsRead);
    }

    [Fact]
    public void Take_RepeatOfWhatWasNeverStored_IsTaken()
    {
        Restart();
        Assert.Equal(new AppendReply(AppendOutcome.Taken, 3), Post(0, 3, isRepeat: true));
    }

    [Fact]
    public void Take_ItemsBeforeTheBlockAreMissing_TakesNothing()
    {
        Post(0, 3);
        Assert.Equal(AppendOutcome.UploadUnknown, Post(4, 1).Outcome);
        Assert.Equal(AppendOutcome.UploadUnknown, Post(1, 1, upload: Later).Outcome);
        Assert.Equal(3, job.ItemsRead);
    }

    [Fact]
    public void Take_EmptyBlock_TellsWhatTheJobHas()
    {
        Assert.Equal(new AppendReply(AppendOutcome.Taken, 0), Post(0, 0, isRepeat: true));
        Post(0, 4);
        job.Close();
        Assert.Equal(new AppendReply(AppendOutcome.Taken, 4), Post(0, 0, isRepeat: true));
        Assert.Equal(AppendOutcome.Closed, Post(4, 0).Outcome);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Take_EarlierProgramStoredItems_TakesNoRepeatOfItsUploads(bool isSaved)
    {
        Post(0, 3);
        if (isSaved)
            SaveAndFoldAll();
        // An earlier program stores no marks.
        for (var i = 0; i < stored.Count; i++)
            stored[i] = stored[i] with { Upload = null };
        if (isSaved)
            row = row with { Progress = WithoutUploads(row.Progress) };
        Restart();

        Assert.Equal(AppendOutcome.UploadUnknown, Post(0, 3, isRepeat: true).Outcome);
        Assert.Equal(3, job.ItemsRead);
        Assert.Equal(new AppendReply(AppendOutcome.Taken, 3), Post(0, 3, isRepeat: true, Later));
    }

    private static JobCore New() => new(
        Id, JobSpecReader.ReadStored("""{"source":{"stream":{}},"process":{"builtin":"identity"},"chunkSize":3}"""u8));

    private AppendReply Post(long offset, int items, bool isRepeat = false, TaskId? upload = null)
    {
        var lines = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("1\n", items)));
        var chunks = ImmutableArray.CreateBuilder<ChunkPlan>();
        var reply = posted.Take(job, new JobBlock(upload ?? Upload, offset, items, lines, isRepeat), 2, Now, chunks)!.Value;
        stored.AddRange(chunks);
        return reply;
    }

    private void SaveAndFoldAll()
    {
        foreach (var chunk in stored)
            job.Fold(EndedChunks.Evaluate(job.Spec, chunk), Now);
        stored.Clear();
        row = row with { Progress = job.ToWrite(withProgress: true).Progress!.Bytes };
    }

    private void Restart()
    {
        job = New();
        job.Restore(row, stored is [.., var last] ? new ChunkEnd(last.No, last.First + last.Items) : null, Now);
        foreach (var chunk in stored)
            job.Restore(new ChunkRow(chunk, null, chunk.Segment.Length), Now);
    }

    private static ReadOnlyMemory<byte> WithoutUploads(ReadOnlyMemory<byte> progress)
    {
        var read = JobProgress.Read(progress.Span, New().Spec.Plan, isFile: false);
        Assert.NotNull(read.Uploads);
        return (read with { Uploads = null }).ToBytes();
    }
}
