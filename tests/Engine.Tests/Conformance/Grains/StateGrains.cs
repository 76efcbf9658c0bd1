using Orleans.Providers;

namespace OrleansTasks.Engine.Tests;

/// <summary>A number that is stored.</summary>
[GenerateSerializer]
public sealed class NumberState
{
    [Id(0)]
    public int Number { get; set; }
}

/// <summary>Has persistent states.</summary>
public interface IStateGrain : IGrainWithStringKey
{
    Task Set(int number);

    Task<(int Number, bool Exists)> Get();

    Task Clear();

    /// <summary>Two writes at once, of which the second begins before the first has ended.</summary>
    Task SetTwiceAtOnce(int first, int second);

    /// <summary>Writes with an ETag that is outdated.</summary>
    Task SetOutdated(int number);

    Task<string> WhoAmI();

    Task EndOnIdle();
}

/// <inheritdoc cref="IStateGrain"/>
public sealed class StateGrain(
    [PersistentState("number", IConformanceHost.States)] IPersistentState<NumberState> state,
    [PersistentState("number", IConformanceHost.States)] IPersistentState<NumberState> outdated,
    [PersistentState("other")] IPersistentState<NumberState> other)
    : Grain, IStateGrain
{
    public async Task Set(int number)
    {
        state.State.Number = number;
        await state.WriteStateAsync();
    }

    public Task<(int Number, bool Exists)> Get() => Task.FromResult((state.State.Number + other.State.Number, state.RecordExists));

    public Task Clear() => state.ClearStateAsync();

    public async Task SetTwiceAtOnce(int first, int second)
    {
        state.State.Number = first;
        var writing = state.WriteStateAsync();
        state.State.Number = second;
        await Task.WhenAll(writing, state.WriteStateAsync());
    }

    public async Task SetOutdated(int number)
    {
        state.State.Number = number;
        await state.WriteStateAsync();
        outdated.State.Number = number + 1;
        await outdated.WriteStateAsync();
    }

    public Task<string> WhoAmI() => Task.FromResult(GrainContext.ActivationId.ToString());

    public Task EndOnIdle()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }
}

/// <summary>Has a state of the older kind, and passes a call on.</summary>
public interface IOldStateGrain : IGrainWithStringKey
{
    Task<int> Add(int number);

    Task EndOnIdle();

    Task<string> WhoAmI();

    /// <summary>Calls a grain whose exception it lets through.</summary>
    Task PassOn(string key);
}

/// <inheritdoc cref="IOldStateGrain"/>
[StorageProvider(ProviderName = IConformanceHost.States)]
public sealed class OldStateGrain : Grain<NumberState>, IOldStateGrain
{
    public async Task<int> Add(int number)
    {
        State.Number += number;
        await WriteStateAsync();
        return State.Number;
    }

    public Task EndOnIdle()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public Task<string> WhoAmI() => Task.FromResult(GrainContext.ActivationId.ToString());

    public Task PassOn(string key) => GrainFactory.GetGrain<IStateGrain>(key).SetOutdated(1);
}

/// <summary>Has reminders.</summary>
public interface IReminderGrain : IGrainWithStringKey
{
    Task Register(string name, TimeSpan due, TimeSpan period);

    Task<string[]> List();

    Task<bool> Unregister(string name);

    Task<bool> Has(string name);
}

/// <inheritdoc cref="IReminderGrain"/>
public sealed class ReminderGrain : Grain, IReminderGrain, IRemindable
{
    public Task Register(string name, TimeSpan due, TimeSpan period) => this.RegisterOrUpdateReminder(name, due, period);

    public async Task<string[]> List() => [.. (await this.GetReminders()).Select(static r => r.ReminderName).Order(StringComparer.Ordinal)];

    public async Task<bool> Unregister(string name)
    {
        if (await this.GetReminder(name) is not { } reminder) return false;
        await this.UnregisterReminder(reminder);
        return true;
    }

    public async Task<bool> Has(string name) => await this.GetReminder(name) is not null;

    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        Probe.Of(this.GetPrimaryKeyString()).Add($"{reminderName} every {status.Period.TotalMinutes} min");
        return Task.CompletedTask;
    }
}
