using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Supervision;

namespace OrleansTasks.Worker.Tests.Agent;

/// <summary>What a worker's next run knows of those before it, by how they ended.</summary>
public sealed class WorkerFolderTests : IDisposable
{
    private const string Name = "w1";
    private readonly string folder = Directory.CreateTempSubdirectory("otask-folder-").FullName;
    private string? instance;
    private int run;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void TakeOver_EveryRunHadAMarker_AllAreDead()
    {
        AssertNothing(Begin(session: 1));
        EndsWithMarker();
        AssertAllDead(Begin(session: 2));
        EndsWithMarker();
        AssertAllDead(Begin(session: 3));
    }

    [Fact]
    public void TakeOver_ARunWasKilledWithItsSupervisor_WhatCameAfterItIsDead()
    {
        Begin(session: 1);
        AssertNothing(Begin(session: 2));
        EndsWithMarker();
        AssertDead([2], Begin(session: 5));
        EndsWithMarker();
        // The run of session 2 may not have come as far as to be spoken for at the master.
        AssertDead([2, 5], Begin(session: 7));
    }

    [Fact]
    public void TakeOver_AnotherRunWasKilledWithItsSupervisor_NothingIsKnownUntilOneEndsWithAMarker()
    {
        Begin(session: 1);
        Begin(session: 2);
        EndsWithMarker();
        Begin(session: 5);
        AssertNothing(Begin(session: 7));
        EndsWithMarker();
        AssertDead([7], Begin(session: 8));
    }

    [Fact]
    public void TakeOver_TheMarkerIsOfTheRunBeforeTheLast_NothingIsKnown()
    {
        Begin(session: 1);
        Begin(session: 2);
        Begin(session: 3);
        // Its supervisor was late, and the next run had begun.
        EndsWithMarker(of: 2);

        AssertNothing(Begin(session: 4));
    }

    [Fact]
    public void DeadInstance_ARunWasKilledWithItsSupervisor_SpeaksForTheOneThatHasEnded()
    {
        Begin(session: 1);
        Begin(session: 2);
        Assert.Null(WorkerFolder.DeadInstance(folder, Name));
        EndsWithMarker();

        var dead = WorkerFolder.DeadInstance(folder, Name)!.Value;
        Assert.Equal(instance, dead.Instance);
        AssertDead([2], dead.Runs);
    }

    [Fact]
    public void TakeOver_TheFolderWasAnotherWorkers_ItsSessionsAreNotThisOnes()
    {
        Begin(session: 1);
        Begin(session: 2);
        EndsWithMarker();

        AssertNothing(WorkerFolder.TakeOver(folder, "other", ++run));
    }

    [Fact]
    public void TakeOver_FolderIsACopyWithAnInstanceOfItsOwn_TheMarkerSaysNothingOfIt()
    {
        Begin(session: 1);
        EndsWithMarker();
        File.Delete(Path.Combine(folder, "instance"));

        AssertNothing(Begin(session: 2));
    }

    [Fact]
    public void TakeOver_ManySessions_TheLatestAreKept()
    {
        Begin(session: 1);
        Begin(session: 2);
        for (var session = 3; session <= 100; session++)
            SessionFile.Note(folder, Name, session);
        EndsWithMarker();

        AssertDead([.. Enumerable.Range(37, 64).Select(static session => (long)session)], Begin(session: 101));
    }

    private static void AssertNothing(EarlierRuns earlier) => Assert.True(earlier.IsNothing);

    private static void AssertAllDead(EarlierRuns earlier) => Assert.Equal((true, 0), (earlier.AreDead, earlier.DeadSessions.Length));

    private static void AssertDead(long[] sessions, EarlierRuns earlier)
    {
        Assert.False(earlier.AreDead);
        Assert.Equal(sessions, earlier.DeadSessions);
    }

    private EarlierRuns Begin(long session)
    {
        var earlier = WorkerFolder.TakeOver(folder, Name, ++run);
        SessionFile.Note(folder, Name, session);
        instance = InstanceFile.ReadOrCreate(folder);
        return earlier;
    }

    private void EndsWithMarker(int? of = null) => DeadMarker.Write(folder, new(instance!, of ?? run, DateTimeOffset.UnixEpoch));
}
