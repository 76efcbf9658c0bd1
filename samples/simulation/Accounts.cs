using Orleans;
using Orleans.Runtime;

namespace Bank;

/// <summary>A bank account.</summary>
public interface IAccount : IGrainWithStringKey
{
    /// <summary>Adds an amount, which may be negative.</summary>
    /// <param name="transfer">The id of the transfer. A caller that repeats a call repeats the id.</param>
    /// <param name="amount">The amount.</param>
    Task Add(string transfer, int amount);

    /// <summary>The balance.</summary>
    Task<int> Balance();
}

/// <summary>The state of an account.</summary>
[GenerateSerializer]
public sealed class AccountState
{
    /// <summary>The balance.</summary>
    [Id(0)]
    public int Balance { get; set; }

    /// <summary>The transfers that the balance includes.</summary>
    [Id(1)]
    public HashSet<string> Included { get; set; } = [];
}

/// <summary>
/// An account with a mistake. If its silo dies after the write and before the answer, the caller repeats the call, and
/// the amount counts twice.
/// </summary>
public sealed class NaiveAccount([PersistentState("account")] IPersistentState<AccountState> state) : Grain, IAccount
{
    /// <inheritdoc/>
    public async Task Add(string transfer, int amount)
    {
        state.State.Balance += amount;
        await state.WriteStateAsync();
    }

    /// <inheritdoc/>
    public Task<int> Balance() => Task.FromResult(state.State.Balance);
}

/// <summary>
/// An account without the mistake: it stores which transfers its balance includes, in the same write.
/// </summary>
public sealed class CarefulAccount([PersistentState("account")] IPersistentState<AccountState> state) : Grain, IAccount
{
    /// <inheritdoc/>
    public async Task Add(string transfer, int amount)
    {
        if (!state.State.Included.Add(transfer)) return;
        state.State.Balance += amount;
        try
        {
            await state.WriteStateAsync();
        }
        catch
        {
            // The memory is ahead of the store, so the next call must read the store.
            DeactivateOnIdle();
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<int> Balance() => Task.FromResult(state.State.Balance);
}
