using System.Text.RegularExpressions;
using Google.Api;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace Fabrique.Portal.Api;

/// <summary>A call of the contracts as it is made over HTTP, which its google.api.http annotation says.</summary>
public sealed partial record ApiCall(MethodDescriptor Method, HttpRule Rule)
{
    // As JSON transcoding answers them.
    private static readonly Dictionary<StatusCode, int> Statuses = new()
    {
        [StatusCode.InvalidArgument] = 400,
        [StatusCode.FailedPrecondition] = 400,
        [StatusCode.Unauthenticated] = 401,
        [StatusCode.PermissionDenied] = 403,
        [StatusCode.NotFound] = 404,
        [StatusCode.AlreadyExists] = 409,
        [StatusCode.Aborted] = 409,
    };

    /// <summary>All of them, in the order of the contracts.</summary>
    public static IReadOnlyList<ApiCall> All { get; } =
    [
        .. from file in ContractFiles.All
        from service in file.Services
        from method in service.Methods
        let rule = method.GetOptions()?.GetExtension(AnnotationsExtensions.Http)
        where rule is not null
        select new ApiCall(method, rule),
    ];

    /// <summary>"listPractices".</summary>
    public string Id => char.ToLowerInvariant(Method.Name[0]) + Method.Name[1..];

    /// <summary>What it is about: "practices", "territories".</summary>
    public string Area => Method.Service.Area();

    /// <summary>What it does, in a few words: the first sentence of its comment, without the full stop.</summary>
    public string Title => Method.Comment().Split(". ")[0].TrimEnd('.');

    /// <summary>What the comment says after the title.</summary>
    public string Description => Method.Comment().Split(". ", 2)[^1];

    public HttpMethod Verb =>
        Rule.PatternCase switch
        {
            HttpRule.PatternOneofCase.Get => HttpMethod.Get,
            HttpRule.PatternOneofCase.Put => HttpMethod.Put,
            HttpRule.PatternOneofCase.Post => HttpMethod.Post,
            HttpRule.PatternOneofCase.Patch => HttpMethod.Patch,
            HttpRule.PatternOneofCase.Delete => HttpMethod.Delete,
            _ => throw new NotSupportedException($"{Method.FullName} has an HTTP method of its own"),
        };

    /// <summary>With the names of its parameters in braces.</summary>
    public string Path => Method.HttpPath()!;

    /// <summary>The fields of the request that stand in the path.</summary>
    public IEnumerable<FieldDescriptor> InPath =>
        Parameter().Matches(Path).Select(name => Method.InputType.FindFieldByName(name.Groups[1].Value));

    /// <summary>The fields of the request that stand after the question mark.</summary>
    public IEnumerable<FieldDescriptor> InQuery =>
        Rule.Body == "*" ? [] : Method.InputType.Fields.InDeclarationOrder().Where(part => part.Name != Rule.Body).Except(InPath);

    /// <summary>The fields of the request that stand in its body, when it has none that is the body.</summary>
    public IEnumerable<FieldDescriptor> InBody => Rule.Body == "*" ? Method.InputType.Fields.InDeclarationOrder().Except(InPath) : [];

    /// <summary>The field of the request that is its body; null without one.</summary>
    public FieldDescriptor? Body => Rule.Body is "" or "*" ? null : Method.InputType.FindFieldByName(Rule.Body);

    /// <summary>What it answers.</summary>
    public MessageDescriptor Answer =>
        Rule.ResponseBody.Length == 0 ? Method.OutputType : Method.OutputType.FindFieldByName(Rule.ResponseBody).MessageType;

    /// <summary>Whether what it answers is an object of the kind that is sent.</summary>
    public bool SendsWhatItAnswers => Body?.MessageType == Answer;

    /// <summary>The role without which it refuses; null when anybody may make it.</summary>
    public string? Role => Right().Match(Method.Comment()) is { Success: true } right ? right.Groups[1].Value : null;

    /// <summary>
    /// The statuses with which it may refuse what is asked: those whose codes the contract names, and those that go without saying.
    /// </summary>
    public IEnumerable<int> Refusals =>
        Code()
            .Matches(Method.Comment())
            .Select(code => code.Value.Replace("_", "", StringComparison.Ordinal))
            .Where(name => Enum.TryParse<StatusCode>(name, ignoreCase: true, out var code) && Statuses.ContainsKey(code))
            .Select(name => Statuses[Enum.Parse<StatusCode>(name, ignoreCase: true)])
            .Concat(Method.InputType.Fields.InDeclarationOrder().Count > 0 ? [400] : [])
            .Concat(Role is null ? [] : [401, 403])
            .Concat(InPath.Any() ? [404] : [])
            .Concat(Rule.Body.Length > 0 ? [413, 415] : [])
            .Concat([429, 503])
            .Distinct()
            .Order();

    /// <summary>What the contracts call a status: "ABORTED".</summary>
    public static IEnumerable<string> CodesOf(int status) =>
        Statuses.Where(code => code.Value == status).Select(code => Word().Replace(code.Key.ToString(), "_").ToUpperInvariant());

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Parameter();

    [GeneratedRegex("(?<=[a-z])(?=[A-Z])")]
    private static partial Regex Word();

    [GeneratedRegex("Needs the right \"(\\w+)\"")]
    private static partial Regex Right();

    [GeneratedRegex(@"\b[A-Z]+(_[A-Z]+)*\b")]
    private static partial Regex Code();
}
