using System.Net;
using System.Net.Sockets;
using OrleansTasks.Settings;

namespace OrleansTasks.Silo.Hosting;

/// <summary>
/// Takes a port before anything else is started, so that a service whose port is taken does not open its store or start
/// tasks first. Nothing is answered before the server takes it over.
/// </summary>
public static class ListenSocket
{
    /// <summary>
    /// Binds the address. Throws <see cref="StartRefusedException"/>, naming the option and the address, when it cannot be had.
    /// </summary>
    public static Socket Bind(string option, IPEndPoint address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // As Kestrel does it: [::] serves IPv4 too.
            if (address.Address.Equals(IPAddress.IPv6Any))
                socket.DualMode = true;
            socket.Bind(address);
            // Until it listens, another one may be bound to the same port, chosen by the system for both. Who calls before the
            // server takes calls waits that long.
            socket.Listen();
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new StartRefusedException(e.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse =>
                    $"{option}: port {address.Port} on {address.Address} is in use by another program. Stop it, or give another port.",
                SocketError.AccessDenied =>
                    $"{option}: this user may not listen on port {address.Port}. Give a port from 1024 on.",
                SocketError.AddressNotAvailable =>
                    $"{option}: {address.Address} is no address of this machine.",
                _ => $"{option}: {address} cannot be listened on: {e.Message}.",
            }, e);
        }
    }
}
