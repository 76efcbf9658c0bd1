using Microsoft.Extensions.DependencyInjection;
using Orleans.Streams;

namespace Orleans;

/// <summary>Streams for grains.</summary>
public static class GrainStreamingExtensions
{
    /// <summary>The stream provider of this name.</summary>
    /// <param name="grain">The grain.</param>
    /// <param name="name">The name.</param>
    /// <returns>The provider.</returns>
    public static IStreamProvider GetStreamProvider(this Grain grain, string name) =>
        grain.ServiceProvider.GetRequiredKeyedService<IStreamProvider>(name);

    /// <summary>The stream provider of this name.</summary>
    /// <param name="grain">The grain.</param>
    /// <param name="name">The name.</param>
    /// <returns>The provider.</returns>
    public static IStreamProvider GetStreamProvider(this IGrainBase grain, string name) =>
        grain.GrainContext.ActivationServices.GetRequiredKeyedService<IStreamProvider>(name);
}
