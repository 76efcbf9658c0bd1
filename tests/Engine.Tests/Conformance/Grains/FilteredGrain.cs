namespace OrleansTasks.Engine.Tests;

/// <summary>Called through filters.</summary>
public interface IFilteredGrain : IGrainWithStringKey
{
    Task<string> Say(string text);

    Task Fail(string message);
}

/// <inheritdoc cref="IFilteredGrain"/>
public sealed class FilteredGrain : Grain, IFilteredGrain, IIncomingGrainCallFilter
{
    private Probe Probe => Probe.Of(this.GetPrimaryKeyString());

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        Probe.Add($"own>{context.MethodName}");
        await context.Invoke();
        Probe.Add($"own<{context.Result}");
    }

    public Task<string> Say(string text)
    {
        Probe.Add("method");
        return Task.FromResult(text);
    }

    public Task Fail(string message) => throw new InvalidOperationException(message);
}
