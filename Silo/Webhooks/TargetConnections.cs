using System.Net;
using System.Net.Sockets;

namespace OrleansTasks.Silo.Webhooks;

/// <summary>
/// Connects only to addresses that a rule allows: the name is resolved here, and the checked address is the one that is
/// used.
/// </summary>
/// <param name="rule">Decides which addresses are allowed.</param>
/// <param name="resolve">Resolves a name; null for the system's resolver.</param>
/// <param name="time">The clock that bounds waits; null for the system's clock.</param>
internal sealed class TargetConnections(
    TargetRule rule, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null, TimeProvider? time = null)
{
    /// <summary>
    /// The timeout for one address, shorter than the whole, so that an unreachable address leaves time for the next.
    /// </summary>
    private static readonly TimeSpan AddressTimeout = TimeSpan.FromSeconds(3);

    private readonly Func<string, CancellationToken, Task<IPAddress[]>> resolve = resolve ?? Dns.GetHostAddressesAsync;
    private readonly TimeProvider time = time ?? TimeProvider.System;

    /// <summary>
    /// Connects to a name or an address. Throws <see cref="RefusedTargetException"/> and <see cref="SocketException"/>.
    /// </summary>
    internal async ValueTask<Stream> Connect(DnsEndPoint target, CancellationToken cancellation)
    {
        var addresses = IPAddress.TryParse(target.Host, out var literal)
            ? [literal]
            : await resolve(target.Host, cancellation).ConfigureAwait(false);
        var socket = await Connect(addresses, target.Port, cancellation).ConfigureAwait(false);
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>
    /// Connects to the first address that answers. If any address is not allowed, refuses the name altogether, because
    /// a name with both a public and a private address is deliberate.
    /// </summary>
    private async Task<Socket> Connect(IPAddress[] addresses, int port, CancellationToken cancellation)
    {
        if (Array.Find(addresses, address => !rule.Allows(address)) is { } refused)
            throw new RefusedTargetException($"The address {TargetRule.Refusal(refused)}.");
        SocketException? last = null;
        foreach (var address in addresses)
        {
            Socket? socket = null;
            using var patience = new CancellationTokenSource(AddressTimeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, patience.Token);
            try
            {
                socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(new IPEndPoint(address, port), either.Token).ConfigureAwait(false);
                return socket;
            }
            catch (SocketException failed)
            {
                socket?.Dispose();
                last = failed;
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                socket?.Dispose();
                last = new SocketException((int)SocketError.TimedOut);
            }
            catch
            {
                socket?.Dispose();
                throw;
            }
        }

        throw last ?? new SocketException((int)SocketError.HostNotFound);
    }
}
