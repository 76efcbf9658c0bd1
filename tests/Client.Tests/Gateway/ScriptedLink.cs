using OrleansTasks.Cluster.Link;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>A way to the silos that is open or closed as a test says.</summary>
internal sealed class ScriptedLink(TimeProvider time) : IClusterLink
{
    private volatile TaskCompletionSource? closed;
    private int waiting;

    public event Action? Restored;

    public bool IsUp => closed is null;

    public string Silos => "a test";

    /// <summary>How many wait until it is open.</summary>
    public int Waiting => Volatile.Read(ref waiting);

    public void Close() => closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Open()
    {
        var waited = closed;
        closed = null;
        waited?.SetResult();
        Restored?.Invoke();
    }

    public async Task<bool> WaitUp(TimeSpan limit)
    {
        var opened = (closed?.Task ?? Task.CompletedTask).WaitAsync(limit, time);
        Interlocked.Increment(ref waiting);
        try
        {
            await opened;
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }
    }
}
