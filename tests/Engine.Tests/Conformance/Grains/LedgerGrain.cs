using System.Collections.Concurrent;

namespace OrleansTasks.Engine.Tests;

/// <summary>
/// Counts in a store that outlives activations, fenced as the dispatcher does it: by an epoch taken at the start.
/// </summary>
public interface ILedgerGrain : IGrainWithStringKey
{
    Task<int> Add(int amount);

    Task<int> AddThrough(string gate, int amount);
}

/// <inheritdoc cref="ILedgerGrain"/>
public sealed class LedgerGrain : Grain, ILedgerGrain
{
    private static readonly ConcurrentDictionary<string, (int Epoch, int Total)> Store = new();

    private int _epoch;
    private int _total;

    private string Key => this.GetPrimaryKeyString();

    public static int Stored(string key) => Store[key].Total;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        (_epoch, _total) = Store.AddOrUpdate(Key, _ => (1, 0), (_, row) => (row.Epoch + 1, row.Total));
        Probe.Of(Key).Add($"epoch {_epoch}");
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Probe.Of(Key).Add($"gone {_epoch}");
        return Task.CompletedTask;
    }

    public Task<int> Add(int amount)
    {
        var (before, after) = ((_epoch, _total), (_epoch, _total + amount));
        if (!Store.TryUpdate(Key, after, before))
        {
            DeactivateOnIdle();
            throw new InvalidOperationException("fenced");
        }

        _total += amount;
        return Task.FromResult(_total);
    }

    public async Task<int> AddThrough(string gate, int amount)
    {
        await Probe.Of(Key).GateOf(gate).PassAsync();
        return await Add(amount);
    }
}
