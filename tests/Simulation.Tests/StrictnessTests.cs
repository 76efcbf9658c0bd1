using Microsoft.Extensions.Logging;
using OrleansTasks.Client.Http;
using OrleansTasks.Simulation.Checks;
using OrleansTasks.Storage;

namespace OrleansTasks.Simulation.Tests;

/// <summary>Faults explain some failures; every other one fails a run, wherever it turns up.</summary>
public sealed class StrictnessTests
{
    private readonly List<Exception> failures = [];
    private readonly Strictness strictness;

    public StrictnessTests() => strictness = new Strictness(failures.Add);

    [Fact]
    public void Judge_WhatFaultsExplain_Holds()
    {
        strictness.Judge("A user", new StoreUnavailableException("The store is down."));
        strictness.Judge("A user", new OutcomeUnknownException("Nobody knows.", new StoreUnavailableException("The store is down.")));
        strictness.Judge("A user", new TimeoutException());
        Assert.Empty(failures);
    }

    [Fact]
    public void Judge_AStoreFailureThatHidesADefect_FailsTheRun()
    {
        strictness.Judge("A user", new StoreUnavailableException("It failed and starts again.", new KeyNotFoundException("no such task")));
        Assert.Contains("KeyNotFoundException", Assert.Single(failures).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Judge_OneUnexplainedOfSeveral_FailsTheRun()
    {
        strictness.Judge("A user", new AggregateException(new TimeoutException(), new InvalidOperationException("a defect")));
        Assert.Single(failures);
    }

    [Fact]
    public void JudgeRequest_RefusalsAndBrokenConnections_Hold_AndInternalErrorsDoNot()
    {
        strictness.JudgeRequest("A user", new IOException("reset"));
        strictness.JudgeRequest("A user", new ProblemException(Problems.OutcomeUnknown()));
        Assert.Empty(failures);
        strictness.JudgeRequest("A user", new ProblemException(Problems.InternalError()));
        Assert.Single(failures);
        strictness.JudgeRequest("A user", new InvalidOperationException("a defect"));
        Assert.Equal(2, failures.Count);
    }

    [Fact]
    public void Log_AWarningWithAnUnexplainedCause_FailsTheRun()
    {
        var logger = strictness.CreateLogger("OrleansTasks.Tasks.TaskDispatcherGrain");
        logger.Log(LogLevel.Warning, 1, "gives up", new StoreUnavailableException("The store is down."), static (text, _) => text);
        Assert.Empty(failures);
        logger.Log(LogLevel.Warning, 1, "gives up", new InvalidOperationException("a defect"), static (text, _) => text);
        Assert.Single(failures);
    }

    [Fact]
    public void Log_AnErrorWithoutException_FailsTheRun()
    {
        strictness.CreateLogger("X").Log(LogLevel.Warning, 1, "slow", null, static (text, _) => text);
        Assert.Empty(failures);
        strictness.CreateLogger("X").Log(LogLevel.Error, 1, "broken", null, static (text, _) => text);
        Assert.Single(failures);
    }

    [Fact]
    public void Log_OfAWorker_ExpectsLostConnectionsAndLapsedLeasesOnly()
    {
        var worker = strictness.CreateLogger("OrleansTasks.Worker.Agent.NodeAgent");
        worker.Log(LogLevel.Warning, 1, "cut off", new IOException("reset"), static (text, _) => text);
        worker.Log(LogLevel.Error, new EventId(3601, "LeaseLapsed"), "lapsed", null, static (text, _) => text);
        Assert.Empty(failures);
        worker.Log(LogLevel.Error, new EventId(3302, "OutputFailed"), "not complete", null, static (text, _) => text);
        Assert.Single(failures);
        strictness.CreateLogger("X").Log(LogLevel.Warning, 1, "a silo's disk", new IOException("reset"), static (text, _) => text);
        Assert.Equal(2, failures.Count);
    }
}
