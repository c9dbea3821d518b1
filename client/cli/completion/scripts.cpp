#include "client/cli/completion/scripts.h"

namespace plenum::client {
namespace {

// bash splits words at = and :, which options and names of models contain: they are joined, and the candidates begin
// after the last of them.
constexpr std::string_view bash_script = R"script(# bash completion of plenum: source <(plenum completion bash)
_plenum() {
  local words=() word joined= line current start
  for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
    if [[ $word =~ ^[=:]+$ && ${#words[@]} -gt 0 ]]; then
      words[-1]+=$word joined=1
    elif [[ -n $joined ]]; then
      words[-1]+=$word joined=
    else
      words+=("$word")
    fi
  done
  current=${words[-1]}
  start=${current%"${current##*[=:]}"}
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :files) compopt -o default 2>/dev/null ;;
      :dirs) compopt -o dirnames 2>/dev/null ;;
      *) line=${line%%$'\t'*} COMPREPLY+=("${line#"$start"}") ;;
    esac
  done < <("${COMP_WORDS[0]}" __complete -- "${words[@]}" 2>/dev/null)
}
complete -F _plenum plenum
)script";

constexpr std::string_view zsh_script = R"script(#compdef plenum
# zsh completion of plenum: source <(plenum completion zsh), or this text as _plenum in a directory of $fpath
_plenum() {
  local line
  local -a candidates
  for line in "${(@f)$("${(Q)words[1]}" __complete -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      '') ;;
      :files) _files; return ;;
      :dirs) _files -/; return ;;
      *) candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
    esac
  done
  _describe -t values 'plenum' candidates
}
if [[ ${funcstack[1]} == _plenum ]]; then
  _plenum "$@"
else
  compdef _plenum plenum
fi
)script";

constexpr std::string_view fish_script = R"script(# fish completion of plenum: ~/.config/fish/completions/plenum.fish
function __plenum_complete
  set -l words (commandline -opc)
  set -l token (commandline -ct)
  test (count $token) -eq 0; and set token ''
  for line in ($words[1] __complete -- $words[2..-1] $token 2>/dev/null)
    switch $line
      case ':files'
        __fish_complete_path $token
      case ':dirs'
        __fish_complete_directories $token
      case '*'
        printf '%s\n' $line
    end
  end
end
complete -c plenum -f -a '(__plenum_complete)'
)script";

}  // namespace

std::string_view completion_script(std::string_view shell) {
  if (shell == "bash") return bash_script;
  if (shell == "zsh") return zsh_script;
  if (shell == "fish") return fish_script;
  return {};
}

}  // namespace plenum::client
