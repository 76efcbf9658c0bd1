using System.Net;
using OrleansTasks.Access;
using OrleansTasks.Settings;
using OrleansTasks.Storage;

namespace OrleansTasks.Silo.Hosting;

/// <summary>Refuses to listen where strangers could connect unless a key exists that they would need.</summary>
internal static class KeyRule
{
    /// <summary>Throws <see cref="StartRefusedException"/> if an address needs keys and none is valid.</summary>
    public static async Task Check(
        Func<Task<ImmutableArray<KeyRecord>>> readKeys, TimeProvider time, string store, string option,
        IPEndPoint address, bool isNeeded)
    {
        if (!isNeeded || HasValid(await readKeys(), time.GetUtcNow().ToUnixTimeMilliseconds()))
            return;
        throw new StartRefusedException(
            $"{option} {address}: {Reachers(address)} could reach this address, but no key exists. Create one first: otask key "
            + $"create {store} --scope {string.Join(',', ScopeNames.Of((Scopes)~0))}");
    }

    /// <summary>
    /// Throws <see cref="StartRefusedException"/> if workers need certificates and there is no key, no join token and
    /// no worker that has joined.
    /// </summary>
    public static async Task CheckWorkers(IServiceProvider services, ServiceOptions options)
    {
        var now = services.GetRequiredService<TimeProvider>().GetUtcNow().ToUnixTimeMilliseconds();
        if (options.IsOpen(options.Grpc) || HasValid(await services.GetRequiredService<IKeyStore>().List(), now)
            || await services.GetRequiredService<ITrustStore>().HasUsableCredential(now))
            return;
        throw new StartRefusedException(
            $"--grpc {options.Grpc}: {Reachers(options.Grpc)} could reach this address, but there is no key, no join "
                + "token and no worker that has joined. Create a token for the "
            + $"first worker: otask node token {options.StoreArgument}, or a key with which to create tokens at the running service: "
            + $"otask key create {options.StoreArgument} --scope {string.Join(',', ScopeNames.Of((Scopes)~0))}", StartRefusedException.BadOption);
    }

    private static bool HasValid(ImmutableArray<KeyRecord> keys, long now) => keys.Any(key => key.IsValidAt(now));

    private static string Reachers(IPEndPoint address) =>
        ListenAddress.IsLoopback(address) ? "tasks and other users of this machine" : "other machines";
}
