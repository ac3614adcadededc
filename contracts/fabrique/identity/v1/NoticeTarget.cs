using Google.Protobuf.Reflection;

namespace Fabrique.Identity.V1;

public sealed partial class NoticeTarget
{
    /// <summary>A record, or the request that the reader is to make: <c>NoticeTarget.Of(Practice.Descriptor, practice.Id)</c>.</summary>
    public static NoticeTarget Of(MessageDescriptor kind, string id) => new() { Kind = kind.FullName, Id = id };

    /// <summary>
    /// The address at which the site leads to its page, without a language; null where the kind is no message of the contracts.
    /// </summary>
    public string? Path =>
        Id.Length > 0 && ContractFiles.All.Any(file => file.MessageTypes.Any(message => message.FullName == Kind))
            ? $"/vers/{Kind}/{Uri.EscapeDataString(Id)}"
            : null;
}
