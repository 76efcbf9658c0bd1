namespace OrleansTasks.Engine.Tests;

/// <summary>Tells what came along with a call.</summary>
public interface IContextGrain : IGrainWithStringKey
{
    Task<string> Read();

    Task<string> ReadThrough(IContextGrain other);

    Task Write();
}

/// <inheritdoc cref="IContextGrain"/>
public sealed class ContextGrain : Grain, IContextGrain
{
    public static readonly AsyncLocal<string?> Ambient = new();

    public Task<string> Read() => Task.FromResult($"{RequestContext.Get("name") ?? "none"} {Ambient.Value ?? "none"}");

    public Task<string> ReadThrough(IContextGrain other)
    {
        Ambient.Value = "of the caller";
        return other.Read();
    }

    public Task Write()
    {
        RequestContext.Set("name", "of the callee");
        Ambient.Value = "of the callee";
        return Task.CompletedTask;
    }
}
