namespace OrleansTasks.Engine.Tests;

/// <summary>
/// Records calls of <see cref="IFilteredGrain"/> in the test's probe; lets other calls pass. The filter named "second"
/// also replaces the result "replace me".
/// </summary>
internal sealed class RecordingFilter(string name) : IIncomingGrainCallFilter, IOutgoingGrainCallFilter
{
    public Task Invoke(IIncomingGrainCallContext context) =>
        context.InterfaceName == typeof(IFilteredGrain).FullName ? RecordAsync(context) : context.Invoke();

    public Task Invoke(IOutgoingGrainCallContext context) =>
        context.InterfaceName == typeof(IFilteredGrain).FullName ? RecordAsync(context) : context.Invoke();

    private async Task RecordAsync(IGrainCallContext context)
    {
        var target = context.TargetId.ToString();
        var probe = Probe.Of(target[(target.IndexOf('/', StringComparison.Ordinal) + 1)..]);
        probe.Add($"{name}>{context.MethodName}");
        try
        {
            await context.Invoke();
        }
        catch (InvalidOperationException exception)
        {
            probe.Add($"{name}!{exception.Message}");
            throw;
        }

        probe.Add($"{name}<{context.Result}");
        if (name == "second" && context.Result is "replace me")
            context.Result = "replaced";
    }
}
