namespace OrleansTasks.Engine.Tests;

/// <summary>A service of which each activation has its own.</summary>
public sealed class ActivationScoped : IAsyncDisposable
{
    public string? OwnedBy { get; set; }

    public ValueTask DisposeAsync()
    {
        if (OwnedBy is { } key) Probe.Of(key).Add("scope disposed");
        return ValueTask.CompletedTask;
    }
}
