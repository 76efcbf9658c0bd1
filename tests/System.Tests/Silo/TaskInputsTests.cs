using System.Text;
using OrleansTasks.Files;
using OrleansTasks.Processing.Files;
using OrleansTasks.Silo.Nodes;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Memory;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;
using OrleansTasks.Tests;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>Which files an attempt gets, and where.</summary>
public sealed class TaskInputsTests
{
    private static readonly TaskId Parent = new(0x0190_0000_0000_7000, 0x8000_0000_0000_0001);
    private static readonly LeaseRef Ended = new(Parent, "default", 2, new LeaseToken(1, 2));
    private static readonly LeaseRef Own = new(new TaskId(0x0190_0000_0000_7000, 0x8000_0000_0000_0002), "default", 1, new LeaseToken(3, 4));
    private readonly MemoryTaskStore tasks = new(new ManualTime());

    [Fact]
    public async Task Artifacts_OfTheAttemptThatEndedTheTask_AreFoundByPattern_AndNoOthers()
    {
        await Keep("parts/a.txt", "parts/b/c.txt", "run");
        await tasks.Files.AddArtifacts(Parent, new LeaseToken(9, 9), [Row("parts/of-a-lost-attempt.txt")], 1);
        await End();

        Assert.Equal(
            ["in/parts/a.txt", "in/parts/b/c.txt", "one", "run!"],
            await Paths($$"""
                [{"path":"in/","task":"{{Parent}}","artifacts":"parts/**"},{"path":"one","task":"{{Parent}}","artifacts":"parts/a.txt"},
                {"path":"run","task":"{{Parent}}","artifacts":"run","executable":true}]
                """));
    }

    [Fact]
    public async Task Artifacts_OfManyPages_AreAllThere()
    {
        await Keep([.. Enumerable.Range(0, 2_500).Select(static n => $"p/{n:0000}")]);
        await End();

        Assert.Equal(2_500, (await Paths($$"""[{"path":"in/","task":"{{Parent}}","artifacts":"p/*"}]""")).Length);
    }

    [Theory]
    [InlineData("""{"path":"in/","task":"T","artifacts":"*.csv"}""", "No artifact of task")]
    [InlineData("""{"path":"a","file":"H"},{"path":"./","task":"T","artifacts":"x"}""", "The path ./x ")]
    [InlineData("""{"path":"in/x","file":"H"},{"path":"in/","task":"T","artifacts":"x"}""", "Two files would be at in/x.")]
    [InlineData("""{"path":"in/x/y","file":"H"},{"path":"in/","task":"T","artifacts":"x"}""", "in/x would be a file and a folder.")]
    [InlineData("""{"path":"a","file":"sha256:7777777777777777777777777777777777777777777777777777777777777777"}""", "is not stored any more")]
    [InlineData("""{"path":"in/","task":"019f5a2c-7d10-7c3a-8b00-0342ab12cd33","artifacts":"x"}""", "has no artifacts")]
    public async Task Inputs_ThatCannotBeHad_SayWhy(string files, string fault)
    {
        await Keep("x");
        await End();
        var text = $"[{files}]".Replace("\"T\"", $"\"{Parent}\"", StringComparison.Ordinal).Replace("\"H\"", $"\"{FileName.Of("x"u8)}\"", StringComparison.Ordinal);

        var found = await Find(text);

        Assert.Contains(fault, found.Fault, StringComparison.Ordinal);
        Assert.Empty(found.Files);
    }

    [Fact]
    public async Task Artifacts_OfATaskThatHasNotEnded_AreNotThere()
    {
        await Keep("x");
        await StoredAttempts.Running(Ended, """{"cmd":"true","artifacts":["*"]}""", tasks);

        Assert.Contains("has no artifacts", (await Find($$"""[{"path":"in/","task":"{{Parent}}","artifacts":"x"}]""")).Fault, StringComparison.Ordinal);
    }

    private static ArtifactRow Row(string path) => new(path, new StoredFile(FileName.Of("x"u8), 1), false);

    private async Task Keep(params string[] paths)
    {
        StoredFile[] file = [new(FileName.Of("x"u8), 1)];
        await tasks.Files.Reserve(file, 1);
        await tasks.Files.Confirm([file[0].Name], 1);
        Assert.Empty(await tasks.Files.AddArtifacts(Ended.Task, Ended.Token, [.. paths.Select(Row)], 1));
    }

    private async Task End()
    {
        await StoredAttempts.Running(Ended, """{"cmd":"true","artifacts":["*"]}""", tasks);
        var owned = await tasks.TakeEpoch(Ended.Queue, null, default);
        var row = new TaskRow
        {
            No = 1, Id = Parent, State = TaskState.Succeeded, Order = 1, Attempt = 2, Token = Ended.Token, Node = "w1", Reason = EndReason.Exit,
            ExitCode = 0, EndedAt = 1,
        };
        var result = new AttemptResult(Ended, EndReason.Exit, 0, null, 0, 0, 0, AttemptOutput.Empty) { Artifacts = new ArtifactTotals(1, 1) };
        Assert.Equal(CommitResult.Committed, await tasks.Commit(new QueueCommit(
            owned.QueueNo, owned.Epoch, owned.Sequence, 1, 2, [new TaskWrite { Row = row, Result = result }], [], [])));
    }

    private async Task<string[]> Paths(string files)
    {
        var found = await Find(files);
        Assert.Null(found.Fault);
        Assert.All(found.Files, static file => Assert.Equal(1, file.Size));
        return [.. found.Files.Select(static file => file.Path + (file.Executable ? "!" : "")).Order(StringComparer.Ordinal)];
    }

    private async Task<FoundInputs> Find(string files) => await new TaskInputs(tasks, tasks.Files).Of(
        Own, TaskSpecReader.ReadStored(Encoding.UTF8.GetBytes($$"""{"cmd":"true","files":{{files}}}"""), default));
}
