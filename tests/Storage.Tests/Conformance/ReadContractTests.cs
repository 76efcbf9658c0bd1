namespace OrleansTasks.Storage.Tests.Conformance;

/// <summary>Every read of the store whose length is not bounded can be ended.</summary>
public sealed class ReadContractTests
{
    // Each reads by key, in the order of an index, as many rows as the caller says or as a bound elsewhere allows.
    private static readonly string[] Bounded =
    [
        "ITaskStore.FindIdempotent", "ITaskStore.Find", "ITaskStore.ReadSpecs", "ITaskStore.Attempts",
        "ITaskStore.EventPositions", "ITaskStore.ReadEvents", "ITaskStore.ListQueues", "ITaskStore.ListUnused",
        "IJobStore.ListOpen", "IJobStore.OpenIds", "IJobStore.OpenChunks", "IJobStore.OpenPlans", "IJobStore.EndedChunks",
        "IJobStore.Collected", "IWorkflowStore.LoadOpen", "IWorkflowStore.Nodes", "IWorkflowStore.Items",
        "IWorkflowStore.ItemTasks", "IWorkflowStore.Jobs", "IWorkflowStore.Artifacts", "IWorkflowStore.Inputs", "ITaskStore.Prune", "ITaskStore.DropOutput",
    ];

    [Theory]
    [InlineData(typeof(ITaskStore))]
    [InlineData(typeof(IJobStore))]
    [InlineData(typeof(IWorkflowStore))]
    [InlineData(typeof(IAuditStore))]
    public void Contract_EveryReadOfASet_TakesAToken(Type contract)
    {
        var endless = contract.GetMethods()
            .Where(static method => IsSet(method.ReturnType) && CancelledReads.TokenOf(method) is null)
            .Select(method => $"{contract.Name}.{method.Name}").Except(Bounded);

        Assert.Empty(endless);
    }

    private static bool IsSet(Type answer) => answer.IsGenericType && answer.GetGenericArguments()[0] is var value
        && (value == typeof(TaskSummary) || value == typeof(TaskHistogram)
            || $"{value}".Contains(nameof(ImmutableArray), StringComparison.Ordinal));
}
