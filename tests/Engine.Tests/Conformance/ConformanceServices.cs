using Microsoft.Extensions.DependencyInjection;

namespace OrleansTasks.Engine.Tests;

/// <summary>The services that the suite's grains and filters need.</summary>
internal static class ConformanceServices
{
    public static void Add(IServiceCollection services)
    {
        services.AddScoped<ActivationScoped>();
        services.AddSingleton<IIncomingGrainCallFilter>(new RecordingFilter("first"));
        services.AddSingleton<IIncomingGrainCallFilter>(new RecordingFilter("second"));
        services.AddSingleton<IOutgoingGrainCallFilter>(new RecordingFilter("out"));
    }

    public static void AddToClient(IServiceCollection services) =>
        services.AddSingleton<IOutgoingGrainCallFilter>(new RecordingFilter("out"));
}
