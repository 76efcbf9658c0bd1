namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>A clock that a test can put forward; whatever has become due then fires.</summary>
internal abstract class TestTime : TimeProvider
{
    /// <summary>Puts it forward.</summary>
    public abstract void Advance(TimeSpan by);
}
