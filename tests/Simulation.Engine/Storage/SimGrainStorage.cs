using Microsoft.Extensions.DependencyInjection;
using Orleans.Providers;
using Orleans.Serialization;
using Orleans.Serialization.Serializers;
using Orleans.Storage;

namespace OrleansTasks.Simulation.Engine;

/// <summary>
/// A storage provider of one silo: Orleans' interface to <see cref="GrainStates"/>, which all silos share.
/// </summary>
internal sealed class SimGrainStorage(
    DistantStore store, GrainStates states, string provider, IGrainStorageSerializer serializer, IActivatorProvider activators)
    : IGrainStorage
{
    private const string Instruments = "Orleans.Runtime.StorageInstruments";

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var row = await store.Ask($"to read {stateName} of {grainId}", () => states.Find(provider, stateName, grainId));
        grainState.ETag = row?.ETag;
        grainState.RecordExists = row is not null;
        grainState.State = row is not null && serializer.Deserialize<T>(row.Content) is { } stored ? stored : New<T>();
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var (content, expected) = (serializer.Serialize(grainState.State), grainState.ETag);
        grainState.ETag = await store.Ask(
            $"to write {stateName} of {grainId}", () => states.Replace(provider, stateName, grainId, expected, content, serializer));
        grainState.RecordExists = true;
    }

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var expected = grainState.ETag;
        grainState.ETag = await store.Ask(
            $"to clear {stateName} of {grainId}", () => states.Replace(provider, stateName, grainId, expected, null, serializer));
        grainState.RecordExists = false;
        grainState.State = New<T>();
    }

    /// <summary>
    /// Adds storage providers of any name, and what Orleans' own persistent states are made with. The instruments that
    /// they measure themselves with are internal.
    /// </summary>
    internal static void Add(IServiceCollection services, GrainTypes types, DistantStore store, GrainStates states)
    {
        var instruments = typeof(IGrainStorage).Assembly.GetType(Instruments)
            ?? throw new SimulationException($"{typeof(IGrainStorage).Assembly.GetName()} has no {Instruments}: adapt SimGrainStorage.");
        services.AddSingleton(instruments, ActivatorUtilities.CreateInstance(types.Services, instruments));
        var activators = types.Services.GetRequiredService<IActivatorProvider>();
        services.AddSingleton(activators);
        services.AddSingleton<IPersistentStateFactory, PersistentStateFactory>();
        services.AddSingleton<IAttributeToFactoryMapper<PersistentStateAttribute>, PersistentStateAttributeMapper>();
        services.AddSingleton<IGrainStorageSerializer>(
            new JsonGrainStorageSerializer(types.Services.GetRequiredService<OrleansJsonSerializer>()));
        services.AddSingleton<IGrainStorage>(provider => Make(provider, ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME));
        services.AddKeyedSingleton<IGrainStorage>(KeyedService.AnyKey, (provider, name) => Make(provider, (string)name!));

        SimGrainStorage Make(IServiceProvider provider, string name) => new(
            store, states, name,
            provider.GetKeyedService<IGrainStorageSerializer>(name) ?? provider.GetRequiredService<IGrainStorageSerializer>(), activators);
    }

    private T New<T>() => activators.GetActivator<T>().Create();
}
