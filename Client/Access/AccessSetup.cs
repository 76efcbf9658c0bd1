using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansTasks.Access;
using OrleansTasks.Client.Keys;
using OrleansTasks.Client.Tasks;

namespace OrleansTasks.Client.Access;

/// <summary>Adds access control to a gateway.</summary>
public static class AccessSetup
{
    /// <summary>
    /// Adds keys (read through <see cref="IAccessReaderGrain"/>), the calls that change them, sessions and own
    /// addresses.
    /// </summary>
    public static IServiceCollection AddAccess(this IServiceCollection services, AccessOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton(new OwnAddresses(options.Listens, options.PublicUrl, Environment.MachineName));
        services.AddHostedService<KeysInClearNotice>();
        services.AddSingleton<SessionStore>();
        services.AddSingleton<OpenCalls>();
        services.AddSingleton<KeyUses>();
        services.AddSingleton<ReachedRuns>();
        services.AddSingleton<KeyCalls>();
        services.AddSingleton<SessionCalls>();
        services.AddSingleton(provider => new KeyRing(
            () => provider.GetRequiredService<GatewayGrains>().Access.Keys(),
            provider.GetRequiredService<TimeProvider>()));
        return services;
    }
}
