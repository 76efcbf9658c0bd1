using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Supervision;

namespace OrleansTasks.Worker.Tests.Agent;

/// <summary>What a worker's next run knows of those before it, by how they ended.</summary>
public sealed class WorkerFolderTests : IDisposable
{
    private static readonly EarlierRuns Nothing = new(AreDead: false, DeadSince: 0);
    private static readonly EarlierRuns AllDead = new(AreDead: true, DeadSince: 0);
    private readonly string folder = Directory.CreateTempSubdirectory("otask-folder-").FullName;
    private string? instance;
    private int run;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void TakeOver_EveryRunHadAMarker_AllAreDead()
    {
        Assert.Equal(Nothing, Begin(session: 1));
        EndsWithMarker();
        Assert.Equal(AllDead, Begin(session: 2));
        EndsWithMarker();
        Assert.Equal(AllDead, Begin(session: 3));
    }

    [Fact]
    public void TakeOver_ARunWasKilledWithItsSupervisor_WhatCameAfterItIsDead()
    {
        Begin(session: 1);
        Assert.Equal(Nothing, Begin(session: 2));
        EndsWithMarker();
        Assert.Equal(new EarlierRuns(false, 2), Begin(session: 5));
        EndsWithMarker();
        // The run of session 2 may not have come as far as to be spoken for at the master.
        Assert.Equal(new EarlierRuns(false, 2), Begin(session: 7));
    }

    [Fact]
    public void TakeOver_AnotherRunWasKilledWithItsSupervisor_NothingIsKnownUntilOneEndsWithAMarker()
    {
        Begin(session: 1);
        Begin(session: 2);
        EndsWithMarker();
        Begin(session: 5);
        Assert.Equal(Nothing, Begin(session: 7));
        EndsWithMarker();
        Assert.Equal(new EarlierRuns(false, 7), Begin(session: 8));
    }

    [Fact]
    public void TakeOver_TheMarkerIsOfTheRunBeforeTheLast_NothingIsKnown()
    {
        Begin(session: 1);
        Begin(session: 2);
        Begin(session: 3);
        // Its supervisor was late, and the next run had begun.
        EndsWithMarker(of: 2);

        Assert.Equal(Nothing, Begin(session: 4));
    }

    [Fact]
    public void DeadInstance_ARunWasKilledWithItsSupervisor_SpeaksForTheOneThatHasEnded()
    {
        Begin(session: 1);
        Begin(session: 2);
        Assert.Null(WorkerFolder.DeadInstance(folder));
        EndsWithMarker();

        Assert.Equal((instance!, new EarlierRuns(false, 2)), WorkerFolder.DeadInstance(folder));
    }

    private EarlierRuns Begin(long session)
    {
        var earlier = WorkerFolder.TakeOver(folder, ++run);
        FirstSession.Note(folder, session);
        instance = InstanceFile.ReadOrCreate(folder);
        return earlier;
    }

    private void EndsWithMarker(int? of = null) => DeadMarker.Write(folder, new(instance!, of ?? run, DateTimeOffset.UnixEpoch));
}
