using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using OrleansTasks.Access;
using OrleansTasks.Client.Access;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;

namespace OrleansTasks.Client.Keys;

/// <summary>A browser that is signed in, as the HTTP contract shows it.</summary>
[Schema("BrowserSession", List = "SessionList"), Description("A browser that is signed in with a key.")]
internal sealed class BrowserSessionAnswer
{
    private readonly SessionView session;
    private readonly KeyRecord key;

    private BrowserSessionAnswer(SessionView session, KeyRecord key) => (this.session, this.key) = (session, key);

    [Description("The session's id.")]
    public string Id => session.Id;

    [Description("The key with which the session was created.")]
    public string KeyId => key.Id;

    [Description("The name of that key.")]
    public string Name => key.Name;

    [Description("What the session may do: the scopes of that key."), MinLength(1)]
    public Scopes Scopes => key.Scopes;

    [Description("When the session began.")]
    public Timestamp CreatedAt => session.CreatedAt.ToUnixTimeMilliseconds();

    [Description("When a request last used the session; null for never.")]
    public Timestamp? LastUsedAt => session.LastUse?.At.ToUnixTimeMilliseconds();

    [Description("The network address of that request.")]
    public string? LastAddress => session.LastUse?.Address;

    [Description("When the session ends.")]
    public Timestamp ExpiresAt => session.ExpiresAt.ToUnixTimeMilliseconds();

    /// <summary>The example of the contract.</summary>
    public static BrowserSessionAnswer Example
    {
        get
        {
            var began = DateTimeOffset.FromUnixTimeMilliseconds(Examples.Time);
            return Of(
                new SessionView("session-0123456789abcdef", "key-0123456789abcdef", began, began.AddHours(12), null),
                new KeyRecord("key-0123456789abcdef", "ci", default, Scopes.Read | Scopes.Submit));
        }
    }

    /// <summary>Returns the answer of a session and the key that began it.</summary>
    public static BrowserSessionAnswer Of(SessionView session, KeyRecord key) => new(session, key);
}
